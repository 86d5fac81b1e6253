"""ICC profiles for tests: Pillow's own sRGB profile with other primaries, another curve, or as one of greys."""

import struct

from PIL import ImageCms

# Display P3 (SMPTE EG 432-1 primaries, D65 adapted to D50): red, green and blue in XYZ.
P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))


def make_profile(
    primaries: tuple[tuple[float, ...], ...] | None = None, gamma: float | None = None, grey: bool = False
) -> bytes:
    """The sRGB profile with these `primaries`, with `gamma` as its curve, of the space GRAY."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack_from(">I", data, 128)
    places = {data[at : at + 4].decode(): at for at in range(132, 132 + 12 * count, 12)}
    offsets = {name: struct.unpack_from(">I", data, at + 4)[0] for name, at in places.items()}
    for name, values in zip("rgb", primaries or (), strict=False):
        _put(data, offsets[f"{name}XYZ"] + 8, values)
    if gamma:
        for name in "rgb":  # a parametric curve: (a x + b) ** gamma from d on
            _put(data, offsets[f"{name}TRC"] + 12, (gamma, 1, 0, 1, 0))
    if grey:
        data[16:20] = b"GRAY"
        data[places["rTRC"] : places["rTRC"] + 4] = b"kTRC"
    return bytes(data)


def _put(data: bytearray, at: int, values: tuple[float, ...]) -> None:
    struct.pack_into(f">{len(values)}i", data, at, *(round(value * 65536) for value in values))
