"""Links inside the app: client navigation, no reload."""

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink


def app_link(*children: rx.Component | str, to: str | rx.Var[str], class_name: str = "link", **props) -> rx.Component:  # noqa: ANN003 - Reflex's properties.
    """Link to an address of this app; `to` may keep the path and change the query only (`?pagina=2`)."""
    return ReactRouterLink.create(*children, to=to, class_name=class_name, **props)
