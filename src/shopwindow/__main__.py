"""`python -m shopwindow` is the `shopwindow` command."""

from shopwindow.cli import main

if __name__ == "__main__":
    main()
