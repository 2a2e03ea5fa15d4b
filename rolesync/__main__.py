"""`python -m rolesync` is the `rolesync` command."""

from rolesync.cli.main import main

if __name__ == "__main__":
    main()
