"""The theory as documents: one file is one derivation, each step checked by `ndk verify`."""
