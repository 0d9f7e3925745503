"""Start the command by ``python -m chaintwin``."""

from chaintwin.cli import main

if __name__ == "__main__":
    main()
