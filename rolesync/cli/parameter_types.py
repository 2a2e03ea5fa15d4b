"""Leave Python's types out of the help: `FILE <path>`, `<bool>` beside a flag, `{FILE}` for a required argument."""

from collections.abc import Callable
from typing import Any


def omit_types(command: Any) -> None:  # noqa: ANN401  # Click's or Typer's, by version
    """Leave the types of parameters out of the help of a command and of the commands below it.

    The metavar of an argument shows what it is. A flag has no value.
    """
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            parameter.display_type_rich = lambda ctx: None  # noqa: ARG005  # as newer versions of Typer call it
            parameter.get_usage_pieces = _usage_pieces(parameter)
        elif parameter.is_flag:
            parameter.metavar = ""
    command.get_help_option = _without_type(command.get_help_option)
    for subcommand in getattr(command, "commands", {}).values():
        omit_types(subcommand)


def _without_type(help_option_of: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def help_option(context: Any) -> Any:  # noqa: ANN401  # Click's or Typer's, by version
        option = help_option_of(context)
        if option is not None:
            option.metavar = ""
        return option

    return help_option


def _usage_pieces(argument: Any) -> Callable[[object], list[str]]:  # noqa: ANN401  # Click's or Typer's, by version
    def pieces(_context: object) -> list[str]:
        name = argument.metavar or argument.name.upper()
        return [name if argument.required else f"[{name}]"]

    return pieces
