"""`loanapp client export`: everything that is held about a person, for the person (LGPD art. 18 II, 19)."""

import sys
from pathlib import Path

import click

from domain.clients import ClientNotFound
from domain.errors import DomainError
from domain.permissions import TERMINAL
from domain.privacy import ClientAnonymised
from loanapp import clock
from loanapp.commands import environment
from loanapp.papers.held_data import held_data_json, held_data_pdf
from loanapp.queries.held_data import client_id_of, held_data
from loanapp.services.privacy import ExportFormat, NoteExport, note_export


@click.group(short_help="Borrowers.")
def client() -> None:
    """Work on borrowers."""


@client.command()
@click.argument("cpf")
@click.option(
    "--json", "kind", flag_value=ExportFormat.JSON.value, default=True, help="For programs; this is the default."
)
@click.option("--pdf", "kind", flag_value=ExportFormat.PDF.value, help="For people.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; else standard output."
)
def export(cpf: str, kind: str, output: Path | None) -> None:
    """Write everything that is held about the client with this CPF (or CNPJ), and note it in the audit trail."""
    written = ExportFormat(kind)
    if output is None and written is ExportFormat.PDF and sys.stdout.isatty():
        raise click.UsageError("A PDF is no text for a terminal: give --output FILE.")
    with environment.ready():
        moment = clock.moment()
        try:
            client_id = client_id_of(TERMINAL, moment, cpf)
            note_export(TERMINAL, moment, NoteExport(client_id=client_id, format=written))
        except ClientNotFound:
            raise click.ClickException("No client has this CPF or CNPJ.") from None
        except ClientAnonymised:
            raise click.ClickException("This client was anonymised: nothing is held any more.") from None
        except DomainError:
            raise click.UsageError("This is no CPF or CNPJ: give its 11 digits or 14 characters.") from None
        held = held_data(TERMINAL, moment, client_id)
    content = held_data_json(held) + b"\n" if written is ExportFormat.JSON else held_data_pdf(held)
    if output is None:
        click.echo(content, nl=False)
        return
    _write_privately(output, content)
    click.echo(f"{output}: everything held about client {held.person.number}.", err=True)


def _write_privately(path: Path, content: bytes) -> None:
    """Write the file for its owner's eyes only."""
    try:
        path.touch(mode=0o600)
        path.write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}.") from None
