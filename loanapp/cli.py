"""Composition root of the terminal: `loanapp …`.

A command is a click command in `loanapp/commands/`, loaded when it is called; to add one, name it in `COMMANDS`.
Whatever a command raises on purpose becomes one line on standard error and exit status 1.
"""

import importlib
import sys

import click

# Command: the module and the name of the click command in it.
COMMANDS = {
    "up": ("loanapp.commands.up", "up"),
    "web": ("loanapp.commands.web", "web"),
    "migrate": ("loanapp.commands.migrate", "migrate_command"),
    "seed": ("loanapp.commands.seed", "seed"),
    "cycle": ("loanapp.commands.cycle", "cycle"),
    "statement": ("loanapp.commands.statement", "statement"),
    "pay": ("loanapp.commands.pay", "pay"),
    "reverse": ("loanapp.commands.money", "reverse"),
    "returned": ("loanapp.commands.returned", "returned"),
    "waive": ("loanapp.commands.money", "waive"),
    "settle": ("loanapp.commands.money", "settle"),
    "due-date": ("loanapp.commands.corrections", "due_date"),
    "credit": ("loanapp.commands.corrections", "credit"),
    "refund": ("loanapp.commands.corrections", "refund"),
    "renegotiate": ("loanapp.commands.renegotiate", "renegotiate"),
    "lost": ("loanapp.commands.corrections", "lost"),
    "verify": ("loanapp.commands.verify", "verify"),
    "company": ("loanapp.commands.company", "company"),
    "pix": ("loanapp.commands.company", "pix"),
    "client": ("loanapp.commands.clients", "client"),
    "user": ("loanapp.commands.users", "user"),
    "doctor": ("loanapp.commands.doctor", "doctor"),
    "sandbox-evolution": ("loanapp.commands.sandbox", "sandbox_evolution"),
}


class Commands(click.Group):
    """A group whose commands are imported when they are called, so that each starts fast."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, None for a name that is none."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
def cli() -> None:
    """Loan operations for Brazilian lenders: run it, and work on its book, from the terminal."""


def main() -> None:
    """Run the command line and end the process with its exit status."""
    try:
        cli.main(prog_name="loanapp", standalone_mode=False)
    except click.Abort:
        _fail("Interrupted.", 130)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "loanapp"
        _fail(f"{error.format_message()} See `{command} --help`.", error.exit_code)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code)
    except Exception as error:
        from loanapp.commands.errors import advice  # noqa: PLC0415 - only a command that failed needs the libraries.

        line = advice(error)
        if line is None:
            raise
        _fail(line, 1)


def _fail(line: str, status: int) -> None:
    click.echo(f"loanapp: {' '.join(line.split())}", err=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
