"""The import contract "a package's private modules are its own"."""

from importlinter import Contract, ContractCheck, fields, output


class OwnPrivateModules(Contract):
    """No package imports another's module whose name begins with an underscore.

    A package's face (its ``__init__``) and its public modules are the doors;
    `shared` names packages whose modules all may import.
    """

    root = fields.StringField()
    shared = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph, verbose):
        """Find the imports that go round a door."""
        found = [
            (importer, imported)
            for imported in sorted(graph.modules)
            for importer in sorted(graph.find_modules_that_directly_import(imported))
            if self._is_private(imported)
            and self._package(importer) != self._package(imported)
        ]
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check):
        """Name each such import."""
        for importer, imported in check.metadata["found"]:
            output.print_error(
                f"{importer} imports {imported}; import from "
                f"{self._package(imported)}, or give it a public module"
            )

    def _package(self, module):
        """Package of a module, such as ``sknac.metrics``."""
        return ".".join(module.split(".")[:2])

    def _is_private(self, module):
        """Tell whether a module is a package's own."""
        is_shared = self._package(module) in (self.shared or ())
        inner = module.removeprefix(f"{self.root}.").split(".")[1:]
        return not is_shared and any(name.startswith("_") for name in inner)
