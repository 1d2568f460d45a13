"""A form that the browser itself posts: Reflex's own forms always stop the native POST."""

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML


class NativeForm(BaseHTML):
    """The HTML element, with the two properties that a POST needs."""

    tag = "form"
    action: rx.Var[str]
    method: rx.Var[str]


native_form = NativeForm.create
