"""
Calipers and text that are burnt into an image
==============================================

They tell what the reader thought, and a network learns that. `BurnedInAnnotations`
lists them, and masks or inpaints them where it is asked to. The image is **simulated**.
"""

# %%
# An image with two calipers and a text
# -------------------------------------
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from PIL import Image, ImageDraw

from sknac.cohort import Study
from sknac.datasets import make_bmode_cohort
from sknac.preprocessing import BurnedInAnnotations

cohort = make_bmode_cohort(n_patients=1, image_size=(200, 260), random_state=5)
plane = cohort.X["us_pre"].iloc[0].planes[0]
rows, columns = np.nonzero(plane.core_mask())
drawn = Image.fromarray(plane.load())
pen = ImageDraw.Draw(drawn)
for x in (columns.min(), columns.max()):
    pen.line((x - 5, rows.mean(), x + 5, rows.mean()), fill=255)
    pen.line((x, rows.mean() - 5, x, rows.mean() + 5), fill=255)
pen.text((8, 180), "1 D 14.2 mm", fill=255)
marked = Study([plane.replace(image=np.asarray(drawn))])
X = pd.DataFrame({"us_pre": [marked]}, index=["P1"])

# %%
# Listed, masked, inpainted
# -------------------------
# ``crop_share`` is the marked share of the tumour's box. It is no proof that nothing
# is drawn where nothing is found: the docstring says what was missed.
step = BurnedInAnnotations().fit(X)
print(step.annotation_table(X).T.to_string(header=False))
frames = {"as read": X}
for action in ("mask", "inpaint"):
    frames[action] = BurnedInAnnotations(action=action).fit_transform(X)

figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
for ax, (name, frame) in zip(axes, frames.items(), strict=True):
    ax.imshow(frame.iloc[0, 0].planes[0].load(), cmap="gray", vmin=0, vmax=255)
    ax.set_facecolor("tab:red")
    ax.set(title=name, xticks=[], yticks=[])
figure.suptitle("SIMULATED image with drawn marks; red is NaN")
plt.show()

# %%
# For your own data change these two lines. Give it the images as they were read::
#
#     cohort = load_busbra("BUSBRA")  # from sknac.datasets
#     X = cohort.X[["us_scan"]].iloc[:1]
