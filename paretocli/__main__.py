"""`python -m paretocli`."""

from paretocli.cli.main import main

if __name__ == "__main__":
    main()
