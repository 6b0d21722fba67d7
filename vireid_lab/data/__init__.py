"""Data sets: records, layouts, checks, image cache, sampler, loaders, and the writer of the benchmark."""
