"""What tests, benches and gates stand on: tiny checkpoints, servers of one host, checks of sources and locks."""
