"""`python -m filterbank` is the `filterbank` command."""

from .cli import main

if __name__ == "__main__":
    main()
