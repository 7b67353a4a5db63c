"""Run the command with `python -m evenfall`."""

from evenfall.cli.main import main

if __name__ == "__main__":
    main()
