"""How much memory the full stack needs and how long it takes, before 8.5 GB of weights are downloaded.

Memory and speed depend on the shapes of the tensors, not on what the weights say. So the published networks are built
from their configs, with random weights (`shapes`); what one step of each holds at its worst moment is counted on
tensors without memory (`live`, kept in table.json); `need` adds that up for the three stages; `steps` runs them on a
card. need and cards take nothing but the standard library: the pipeline and the base environment use them too.
"""
