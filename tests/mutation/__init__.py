"""Planted defects by the thousand: what the certificates and the tests would let pass."""
