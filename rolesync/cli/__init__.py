"""The commands, one file each: parse the options, call the workflow, show the result, return the exit code.

Nothing else in rolesync prints. `main` collects the commands. Start-up imports only the command that is asked for, and
of that only what parsing needs; each command imports its workflow and its report when it runs.
"""
