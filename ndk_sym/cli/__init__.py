"""Commands of the symbolic side, one file each; `ndk` finds them through entry points."""
