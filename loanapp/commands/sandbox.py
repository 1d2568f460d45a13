"""`loanapp sandbox-evolution`: the WhatsApp provider that sends nothing, alone on loopback."""

from urllib.parse import urlsplit

import click

from loanapp.commands import environment
from loanapp.evolution.sandbox import server


@click.command(short_help="The WhatsApp sandbox alone.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on; else that of EVOLUTION_URL, else 8081.")
def sandbox_evolution(port: int | None) -> None:
    """Answer like the Evolution API, show on a page what arrived on each phone, and report acks by webhook.

    No text leaves the machine. `loanapp up` starts it by itself where EVOLUTION_URL is not set.
    """
    settings = environment.adopt(environment.completed(environment.given()))
    port = port or urlsplit(settings.evolution_url).port or environment.SANDBOX_PORT
    environment.require_free_port(port)
    click.echo(f"The WhatsApp sandbox answers at http://127.0.0.1:{port}. Ctrl-C ends it.")
    server.run(port, settings)
