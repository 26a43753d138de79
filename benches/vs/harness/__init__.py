"""What `benches/vs/run` is made of."""
