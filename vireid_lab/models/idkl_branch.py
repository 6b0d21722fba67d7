"""One branch of IDKL as a network by itself, to look at what retrieval does not use."""

from __future__ import annotations

from torch import Tensor, nn

from vireid_lab.runtime import unknown

from .idkl import IDKL


class IDKLBranch(nn.Module):
    """One branch of a trained IDKL as a network by itself: `embed` gives its features, not those of retrieval.

    The weights are named after the branch, so that features of two branches that are kept on disk differ in name.

    Args:
        model: of which it is the branch.
        name: "shared", "specific" or "purified".

    Raises:
        InputError: there is no such branch.
    """

    def __init__(self, model: IDKL, name: str):
        super().__init__()
        names = ["shared", "specific", *["purified"] * (model.purifier is not None)]
        if name not in names:
            raise unknown("branch", name, names)
        self.name = name
        self.add_module(name, model)

    @property
    def last_layer(self) -> nn.Module:
        """The layer whose output the features are pooled from; the purified ones are made of the specific maps."""
        return self.get_submodule(self.name).backbone.layer4["shared" if self.name == "shared" else "specific"]

    def embed(self, images: Tensor, modality: Tensor, neck: str = "after") -> Tensor:
        """The (B, d) descriptors "after" or "before" the neck; arguments as of `IDKL.forward`."""
        return self.get_submodule(self.name)(images, modality).branch(self.name).descriptor(neck)
