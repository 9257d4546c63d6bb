"""Reference tables: kernels to 50 digits, and how far float64 is from them."""
