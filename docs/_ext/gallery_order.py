"""The order of the gallery: each folder begins with the example to read first."""

_FIRST = (
    "plot_first_contact.py",
    "plot_own_images.py",
    "plot_maps_by_response.py",
    "plot_core_and_margin.py",
    "plot_first_network.py",
    "plot_scores_only.py",
    "plot_who_was_studied.py",
    "plot_heat_maps.py",
    "plot_response_study.py",
)


def place(filename):
    """Sort these before the others, which follow by their names."""
    first = _FIRST.index(filename) if filename in _FIRST else len(_FIRST)
    return first, filename
