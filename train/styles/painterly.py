"""The built-in look, in the spirit of Arcane: planes that follow form, ink at edges, teal shadows, cream lights.

Every pixel depends on its neighbourhood alone (some three strokes to each side), never on the picture as a whole,
so a small convolutional network can learn the look, and a crop is painted like that part of the whole picture.
Inside, pictures are CIELAB: lightness 0 to 100. Amounts in the code are in its units, lengths in strokes.
"""

import cv2
import numpy as np

STROKE = 8.0  # pixels; set by eye for pictures of 512 to 768 px

Image = np.ndarray  # float32, H x W or H x W x C


def paint(photo: np.ndarray, stroke: float = STROKE) -> np.ndarray:
    """Paint `photo`, uint8 H x W x 3 sRGB of any size, with strokes `stroke` pixels wide; same shape and type out.

    The stroke is a width in pixels whatever the picture's size: a small picture is painted more coarsely.
    """
    lab = cv2.cvtColor(photo.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    tensor = _structure_tensor(lab)
    forms, lines = Flow(_blur(tensor, 0.45 * stroke)), Flow(_blur(tensor, 0.15 * stroke))
    original = cv2.extractChannel(lab, 0)
    light, a, b = cv2.split(_planes(lab, forms, lines, stroke))
    light = _facets(light, original, forms, stroke)
    graded = _draw(_grade(light, a, b), _details(original, forms, lines, stroke), lines)
    painted = cv2.cvtColor(graded, cv2.COLOR_LAB2RGB)
    return np.rint(np.clip(painted, 0, 1) * 255).astype(np.uint8)


class Flow:
    """Where strokes run: at each pixel the unit tangent (tx, ty) and the anisotropy, 0 (no direction) to 1 (an edge).

    From the eigenvectors of the smoothed structure tensor, channels (xx, yy, xy) (Kyprianidis and Kang 2011).
    """

    def __init__(self, tensor: Image) -> None:
        xx, yy, xy = cv2.split(tensor)
        spread = np.sqrt((xx - yy) ** 2 + 4 * xy * xy) + np.float32(1e-6)
        cosine = (yy - xx) / spread  # of twice the tangent's angle
        self.tx = np.sqrt(np.maximum(1 + cosine, 0) / 2)
        self.ty = np.copysign(np.sqrt(np.maximum(1 - cosine, 0) / 2), -xy)
        self.anisotropy = spread / (xx + yy + np.float32(0.3))  # 0.3 keeps faint noise from having a direction
        height, width = xx.shape
        self.x, self.y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))

    def sample(self, image: Image, along: Image | float, across: Image | float) -> Image:
        """The value of `image` at an offset from every pixel, in pixels along and across the local stroke."""
        x = self.x + along * self.tx - across * self.ty
        y = self.y + along * self.ty + across * self.tx
        return cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)

    def smooth(self, image: Image, length: Image | float, taps: int) -> Image:
        """Gaussian of standard deviation `length` pixels along the stroke (the smoothing of Kang's FDoG, 2007)."""
        offsets = np.linspace(-2, 2, taps, dtype=np.float32)
        weights = np.exp(-(offsets**2) / 2)
        total = np.zeros_like(image)
        for offset, weight in zip(offsets, weights / weights.sum(), strict=True):
            total = cv2.scaleAdd(self.sample(image, offset * length, 0.0), float(weight), total)
        return total


def _planes(lab: Image, forms: Flow, lines: Flow, stroke: float) -> Image:
    """Coarse to fine (Hertzmann 1998): finer strokes where the coarser ones stray too far from the photo.

    The straying is averaged with its sign, so grain cancels out and an eye or a letter does not.
    """
    canvas = _kuwahara(lab, forms, stroke)
    fine = _kuwahara(lab, lines, 0.4 * stroke)
    finest = lines.smooth(lab, 0.1 * stroke * lines.anisotropy, 5)
    for layer, size, low, high in ((fine, 0.25, 5, 14), (finest, 0.1, 3, 8)):
        apart = layer - canvas
        stray = _blur(apart, size * stroke)
        canvas = canvas + _times(apart, _step(np.sqrt(_total(stray * stray)), low, high))
    return lines.smooth(canvas, 0.15 * stroke * lines.anisotropy, 7)


def _kuwahara(lab: Image, flow: Flow, radius: float) -> Image:
    """Anisotropic generalised Kuwahara filter (Papari 2007; Kyprianidis 2009): flatter sectors weigh more.

    Each of the eight sectors is a Gaussian about a point on an ellipse that lies along the flow: its mean and
    variance are one sample of one blurred picture.
    """
    mean = _blur(lab, 0.37 * radius)
    variance = _blur(_total(lab * lab), 0.37 * radius) - _total(mean * mean)
    stats = cv2.merge([*cv2.split(mean), np.maximum(variance, 0)])
    along, across = 0.8 * radius * (1 + flow.anisotropy), 0.8 * radius / (1 + 0.2 * flow.anisotropy)
    total = np.zeros_like(stats)
    for turn in np.arange(8) * np.pi / 4:
        sector = flow.sample(stats, along * np.float32(np.cos(turn)), across * np.float32(np.sin(turn)))
        weight = 1 / (1 + cv2.extractChannel(sector, 3))
        weight = weight * weight
        cv2.insertChannel(np.ones_like(weight), sector, 3)
        total = cv2.add(total, _times(sector, weight * weight))
    *colours, weights = cv2.split(total)
    return cv2.merge([colour / weights for colour in colours])


def _facets(light: Image, original: Image, forms: Flow, stroke: float) -> Image:
    """Bristle marks, and light that falls in steps where form turns (soft quantisation, Winnemoeller 2006).

    Marks are detail left out of the planes, drawn out along the form; steps grow with the slope, so a sky has none.
    """
    dx, dy = _slopes(_blur(light, 0.13 * stroke))
    slope = cv2.magnitude(dx, dy)
    marks = _core(forms.smooth(original - light, 0.7 * stroke, 15), 0.8, 4)
    light = light + 1.6 * marks * (1 - _step(slope, 1, 2.5))  # none at edges, where they would be a halo
    wave = np.float32(12 / (2 * np.pi))  # steps of 12
    depth = 0.8 * wave * _step(slope, 0.28, 1.0)
    for _ in range(2):  # twice for a steeper stair
        light = light - depth * np.sin(light / wave)
    return light


def _details(light: Image, forms: Flow, lines: Flow, stroke: float) -> Image:
    """Difference of Gaussians drawn out along the flow (Kang 2007): below 0 in dark lines, bolder at long edges."""
    thin, bold = _blur(light, 0.07 * stroke), _blur(light, 0.12 * stroke)
    thin, bold = thin - _blur(thin, 0.15 * stroke), bold - _blur(bold, 0.22 * stroke)
    edge = _step(forms.anisotropy, 0.5, 0.9)
    difference = thin + edge * (bold - thin)
    difference = np.minimum(difference, (1 - edge) * difference)  # no light rim along an edge
    return lines.smooth(difference, 0.45 * stroke * lines.anisotropy, 11)


def _grade(light: Image, a: Image, b: Image) -> Image:
    """Indigo depths, teal shadows, mauve to magenta half-tones, cream lights; blacks lifted enough to hold colour."""
    x = np.clip(light / 100, 0, 1) ** 1.08
    x = x + 0.55 * x * (1 - x) * (2 * x - 1)
    shadow, lit, depth = 1 - _step(x, 0, 0.55), _step(x, 0.55, 1), 1 - _step(x, 0, 0.22)
    half, warm = 1 - shadow - lit, _step(b, -6, 14)
    a = 1.25 * a - (9 - 12 * warm) * shadow + (15 - 6 * warm) * depth + 6 * half
    b = (1.1 - 0.45 * warm * shadow - 0.15 * half) * b - 13 * shadow - 6 * depth - 9 * half * (1 - warm) + 9 * lit
    return cv2.merge([10 + 88 * x, a, b])


def _draw(lab: Image, details: Image, lines: Flow) -> Image:
    """Ink with a soft threshold (Winnemoeller's XDoG, 2012), a dark tint of its background; light on fine strands."""
    ink = 0.88 * _step(-details, 1.4, 4.5) * _step(lines.anisotropy, 0.15, 0.55)  # specks have no direction: no ink
    light, a, b = cv2.split(lab)
    light = light + 1.3 * np.minimum(_core(details, 0.4, 4), 2)
    inked = light + ink * (np.minimum(0.3 * light + 2, 16) - light)
    return cv2.merge([inked, a + ink * (7 - 0.4 * a), b - ink * (9 + 0.5 * b)])


def _structure_tensor(lab: Image) -> Image:
    dx, dy = _slopes(_blur(lab, 0.6))
    return cv2.merge([_total(dx * dx), _total(dy * dy), _total(dx * dy)])


def _slopes(image: Image) -> tuple[Image, Image]:
    """Change per pixel along x and along y (Scharr)."""
    border = cv2.BORDER_REFLECT_101
    dx = cv2.Scharr(image, cv2.CV_32F, 1, 0, scale=1 / 32, borderType=border)
    return dx, cv2.Scharr(image, cv2.CV_32F, 0, 1, scale=1 / 32, borderType=border)


def _blur(image: Image, sigma: float) -> Image:
    size = 2 * int(np.ceil(2.6 * sigma)) + 1
    return cv2.GaussianBlur(image, (size, size), sigma, borderType=cv2.BORDER_REFLECT_101)


def _step(x: Image, low: float, high: float) -> Image:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((x - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    return t * t * (3 - 2 * t)


def _core(x: Image, noise: float, limit: float) -> Image:
    """`x` without values smaller than `noise`, softly limited to plus or minus `limit`."""
    return np.sign(x) * np.tanh(np.maximum(np.abs(x) - np.float32(noise), 0) / limit) * np.float32(limit)


def _total(image: Image) -> Image:
    """Sum over the three channels; many times faster than numpy's."""
    return cv2.transform(image, np.ones((1, 3), np.float32))


def _times(image: Image, weight: Image) -> Image:
    """Every channel times `weight`; many times faster than broadcasting."""
    return cv2.multiply(image, cv2.merge([weight] * image.shape[2]))
