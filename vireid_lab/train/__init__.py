"""One plain training loop, checkpoints, distributed training."""
