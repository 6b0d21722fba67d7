"""The physics of the benchmark: materials, illuminants, sensors, Eq. 1, and the people drawn with them."""
