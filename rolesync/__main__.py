"""`python -m rolesync` is the `rolesync` command."""

from rolesync.cli import main

if __name__ == "__main__":
    main()
