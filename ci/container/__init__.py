"""How ci/image and ci/debs make and check the container images. Standard library only: runs before ./run does."""
