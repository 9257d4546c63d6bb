"""`python -m ndk_num.cli` is the command `ndk`."""

from ndk_num.cli import main

main(prog_name="ndk")
