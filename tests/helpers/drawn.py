"""What a figure says."""

from __future__ import annotations

import matplotlib.pyplot as plt


def texts(figure) -> set[str]:
    return {text.get_text() for text in figure.findobj(plt.Text) if text.get_text()}
