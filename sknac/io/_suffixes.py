"""The suffixes that sknac reads itself, and the modules that do."""

# SPDX-License-Identifier: BSD-3-Clause

# A reader is a module with `read_info(path)` and `read_frame(info, frame)`. One whose
# files hold several arrays says `HAS_VARIABLES = True` and takes
# `read_info(path, variable)`. Modules are imported when a file of theirs is met.
READERS = {
    ".rf": "sknac.io._ultrasonix",
    ".bpr": "sknac.io._ultrasonix",
    ".b8": "sknac.io._ultrasonix",
    ".png": "sknac.io._images",
    ".jpg": "sknac.io._images",
    ".jpeg": "sknac.io._images",
    ".bmp": "sknac.io._images",
    ".tif": "sknac.io._images",
    ".tiff": "sknac.io._images",
    ".gif": "sknac.io._images",
    ".npy": "sknac.io._npy",
    ".mat": "sknac.io._matlab",
    ".h5": "sknac.io._hdf5",
    ".hdf5": "sknac.io._hdf5",
    ".cohort": "sknac.io._pack",
    ".raw": "sknac.io._clarius",
    ".tar": "sknac.io._clarius",
    ".lzo": "sknac.io._clarius",
    ".nii": "sknac.io._itk",
    ".nii.gz": "sknac.io._itk",
    ".nrrd": "sknac.io._itk",
    ".nhdr": "sknac.io._itk",
    ".mha": "sknac.io._itk",
    ".mhd": "sknac.io._itk",
    ".dcm": "sknac.io._dicom",
    ".dicom": "sknac.io._dicom",
}
