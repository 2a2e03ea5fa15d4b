"""All commands: the groups of `rolesync --help`, and an example of each command for its own help."""

from collections.abc import Mapping

GROUPS: Mapping[str, Mapping[str, str]] = {
    "The list": {
        "validate": "rolesync validate roles.csv",
        "export": "rolesync export -o roles.csv",
        "migrate": 'rolesync migrate staff.xlsx -o roles.csv --matrix "Studio admin=Admin"',
    },
    "Plan and apply": {
        "plan": "rolesync plan roles.csv -o plan.json",
        "show": "rolesync show plan.json --html plan.html",
        "rehearse": "rolesync rehearse plan.json",
        "review": "rolesync review plan.json",
        "apply": "rolesync apply plan.approved.json",
        "sync": "rolesync sync roles.csv",
        "undo": "rolesync undo RUN -o undo.json",
        "fleet": "rolesync fleet check fleet.toml",
    },
    "History": {
        "runs": "rolesync runs --last 10",
        "explain": "rolesync explain ann@example.edu",
        "who": "rolesync who Admin --as-of 2026-05-03",
        "audit": "rolesync audit verify",
    },
    "Set-up": {
        "init": "rolesync init",
        "config": "rolesync config show",
        "login": "rolesync login",
        "doctor": "rolesync doctor",
        "notify": "rolesync notify --test",
        "completion": "rolesync completion bash",
    },
    "Try and read": {
        "sandbox": "rolesync sandbox --port 8765",
        "help": "rolesync help first-steps",
    },
}
"""By title, the commands of a group in their order, each with its example.

Each command is a function in the module of its name, or a Typer app `app` in it if it has subcommands.
"""

EXAMPLES: Mapping[str, str] = {name: example for group in GROUPS.values() for name, example in group.items()}
COMMANDS = tuple(EXAMPLES)
