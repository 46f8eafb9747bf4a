"""Write a small data set of rendered rooms, for the problem `scenes`.

    python examples/make_scenes.py data/scenes
    paretocli train scenes --data-dir data

Each scene is a room with furniture, seen by a camera that stands in it: an image, the class of
every pixel, its depth in metres and the normal of its surface in the camera's coordinates (x to the
right, y down, z into the image), one .npy file each in train/ and val/. Kinds of things differ in
colour, size and place, but none of these tells them apart alone. As with real sensors, colours are
noisy, depth is missing here and there and mostly in windows, and edges are not always labelled.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# The 13 classes of NYUv2, in alphabetical order
BED, BOOKS, CEILING, CHAIR, FLOOR, FURNITURE, OBJECT = range(7)
PICTURE, SOFA, TABLE, TV, WALL, WINDOW = range(7, 13)
UNLABELLED = -1

FOCAL = 0.9  # of the camera, in widths of the image
NEAR = 0.9  # nothing stands closer to the camera, in metres
FAR = 5.0  # the depth sensor sees no further
AMBIENT = 0.35
PIXEL_NOISE = 0.03


@dataclass
class Kind:
    """Size (width, height, depth) in metres from … to, and colour."""

    label: int
    smallest: tuple[float, float, float]
    largest: tuple[float, float, float]
    colour: tuple[float, float, float]


STANDING = [
    Kind(BED, (1.4, 0.4, 1.8), (1.8, 0.6, 2.1), (0.75, 0.70, 0.80)),
    Kind(SOFA, (1.4, 0.6, 0.7), (2.0, 0.9, 0.9), (0.45, 0.25, 0.25)),
    Kind(TABLE, (0.8, 0.6, 0.6), (1.4, 0.8, 0.9), (0.60, 0.42, 0.25)),
    Kind(CHAIR, (0.4, 0.7, 0.4), (0.5, 1.0, 0.5), (0.30, 0.45, 0.35)),
    Kind(FURNITURE, (0.6, 1.0, 0.4), (1.2, 2.0, 0.6), (0.50, 0.35, 0.22)),
]
LYING = Kind(BOOKS, (0.2, 0.15, 0.2), (0.35, 0.35, 0.35), (0.25, 0.35, 0.60))
HANGING = [
    Kind(PICTURE, (0.5, 0.4, 0.04), (1.0, 0.9, 0.04), (0.55, 0.55, 0.35)),
    Kind(TV, (0.8, 0.5, 0.08), (1.3, 0.8, 0.08), (0.10, 0.10, 0.12)),
    Kind(WINDOW, (0.7, 0.9, 0.04), (1.4, 1.4, 0.04), (0.70, 0.85, 0.95)),
]


class Canvas:
    """What the camera sees: for each ray the nearest surface that was drawn so far.

    Points x = origin + depth · ray lie in the room's coordinates (y up, the floor at 0).
    """

    def __init__(self, origin, rays):
        self.origin, self.rays = origin, rays
        count = len(rays)
        self.depth = np.full(count, np.inf)
        self.normal = np.zeros((count, 3))
        self.label = np.full(count, UNLABELLED)
        self.colour = np.zeros((count, 3))

    def draw(self, depth, normal, label, colour):
        """Draw a surface, given the depth (R,) and normal (R, 3) that each ray meets it at."""
        nearer = depth < self.depth
        self.depth[nearer] = depth[nearer]
        self.normal[nearer] = normal[nearer]
        self.label[nearer] = label[nearer] if np.ndim(label) else label
        self.colour[nearer] = colour[nearer] if np.ndim(colour) > 1 else colour

    def room(self, low, high, colours):
        """Draw the inside of the box from low to high: floor, ceiling and walls."""
        ahead = self.rays > 0
        reached = (np.where(ahead, high, low) - self.origin) / self.rays
        axis = reached.argmin(axis=1)
        every = np.arange(len(axis))
        facing = np.where(ahead[every, axis], -1.0, 1.0)
        normal = np.eye(3)[axis] * facing[:, None]
        label = np.where(axis != 1, WALL, np.where(facing > 0, FLOOR, CEILING))
        self.draw(reached[every, axis], normal, label, np.array([colours[k] for k in label]))

    def box(self, centre, size, turn, label, colour):
        """Draw a box that is turned about the vertical."""
        cos, sin = np.cos(turn), np.sin(turn)
        to_box = np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])
        origin, rays = to_box @ (self.origin - centre), self.rays @ to_box.T
        faces = np.stack([-np.array(size) / 2, np.array(size) / 2])
        reached = np.sort((faces[:, None] - origin) / rays, axis=0)
        axis = reached[0].argmax(axis=1)
        every = np.arange(len(axis))
        entered = reached[0][every, axis]
        met = (entered > 0) & (entered < reached[1].min(axis=1))
        normal = np.eye(3)[axis] * -np.sign(rays[every, axis])[:, None]
        self.draw(np.where(met, entered, np.inf), normal @ to_box, label, colour)

    def ball(self, centre, radius, label, colour):
        """Draw a ball."""
        away = self.origin - centre
        a = (self.rays**2).sum(axis=1)
        b = self.rays @ away
        root = b**2 - a * (away @ away - radius**2)
        entered = np.where(root > 0, (-b - np.sqrt(np.maximum(root, 0))) / a, np.inf)
        depth = np.where(entered > 0, entered, np.inf)
        points = self.origin + np.where(np.isfinite(depth), depth, 0)[:, None] * self.rays
        self.draw(depth, (points - centre) / radius, label, colour)


def scene(rng, height, width):
    """A random scene: image, label, depth and normal."""
    low = np.array([-rng.uniform(1.5, 3), 0, -rng.uniform(0.5, 1.5)])
    high = np.array([rng.uniform(1.5, 3), rng.uniform(2.3, 3.0), rng.uniform(2.5, 5.5)])
    origin = np.array([0.0, rng.uniform(1.2, 1.7), 0.0])
    to_room = camera_to_room(rng.uniform(-0.6, 0.6), rng.uniform(-0.05, 0.35), rng.normal(0, 0.03))
    canvas = Canvas(origin, camera_rays(height, width) @ to_room.T)
    tint = rng.uniform(0.8, 1.1, size=3)
    colours = np.zeros((13, 3))
    colours[WALL] = rng.uniform(0.55, 0.85) * tint
    colours[CEILING] = rng.uniform(0.75, 0.95)
    colours[FLOOR] = np.array([0.50, 0.40, 0.30]) * rng.uniform(0.7, 1.4) * tint
    canvas.room(low, high, colours)
    furnish(rng, canvas, low, high)
    return sensed(rng, canvas, to_room, high, (height, width))


def camera_to_room(yaw, pitch, roll):
    """A rotation (3, 3): turned to the side, looking down, tilted; in radians."""
    flip = np.diag([1.0, -1.0, 1.0])  # the camera's y points down, the room's up
    cos, sin = np.cos([yaw, pitch, roll]), np.sin([yaw, pitch, roll])
    turn = np.array([[cos[0], 0, sin[0]], [0, 1, 0], [-sin[0], 0, cos[0]]])
    nod = np.array([[1, 0, 0], [0, cos[1], -sin[1]], [0, sin[1], cos[1]]])
    tilt = np.array([[cos[2], -sin[2], 0], [sin[2], cos[2], 0], [0, 0, 1]])
    return turn @ nod @ tilt @ flip


def camera_rays(height, width):
    """Rays (H·W, 3) through the pixels' centres of a pinhole camera, of depth 1."""
    x = (np.arange(width) + 0.5 - width / 2) / (FOCAL * width)
    y = (np.arange(height) + 0.5 - height / 2) / (FOCAL * width)
    grid = np.stack([*np.meshgrid(x, y), np.ones((height, width))], axis=-1)
    return grid.reshape(-1, 3)


def furnish(rng, canvas, low, high):
    """Put things into a room: standing on the floor, lying on those, and hanging on walls."""
    for _ in range(rng.integers(3, 7)):
        kind = STANDING[rng.integers(len(STANDING))]
        size = rng.uniform(kind.smallest, kind.largest)
        reach = np.hypot(size[0], size[2]) / 2
        x = rng.uniform(low[0] + reach, high[0] - reach)
        z = rng.uniform(NEAR + reach, max(high[2] - reach, NEAR + reach + 0.1))
        centre = np.array([x, size[1] / 2, z])
        canvas.box(centre, size, rng.uniform(-0.6, 0.6), kind.label, varied(rng, kind.colour))
        if rng.random() < 0.5:
            if rng.random() < 0.5:
                small = rng.uniform(LYING.smallest, LYING.largest)
                place = np.array([x, size[1] + small[1] / 2, z])
                canvas.box(place, small, rng.uniform(0, 3), BOOKS, varied(rng, LYING.colour))
            else:
                radius = rng.uniform(0.1, 0.22)
                place = np.array([x, size[1] + radius, z])
                canvas.ball(place, radius, OBJECT, rng.uniform(0.1, 0.9, size=3))
    for _ in range(rng.integers(1, 5)):
        kind = HANGING[rng.integers(len(HANGING))]
        width, height, thickness = rng.uniform(kind.smallest, kind.largest)
        y = rng.uniform(1.3, high[1] - height / 2 - 0.1)
        wall = rng.integers(3)  # left, right, back
        if wall < 2:
            x = (low[0], high[0])[wall]
            place = np.array([x, y, rng.uniform(0.5, high[2] - width / 2)])
            size = (thickness, height, width)
        else:
            x = rng.uniform(low[0] + width / 2, high[0] - width / 2)
            place, size = np.array([x, y, high[2]]), (width, height, thickness)
        canvas.box(place, size, 0.0, kind.label, varied(rng, kind.colour))


def varied(rng, colour):
    """A colour like another one."""
    return np.clip(np.array(colour) * rng.uniform(0.7, 1.3) + rng.normal(0, 0.06, size=3), 0.03, 1)


def sensed(rng, canvas, to_room, high, shape):
    """What camera, depth sensor and annotator make of a canvas."""
    points = canvas.origin + canvas.depth[:, None] * canvas.rays
    image = shaded(rng, canvas, points, high)
    image += rng.normal(0, PIXEL_NOISE, size=image.shape)
    label = canvas.label.reshape(shape)
    edges = np.zeros(shape, dtype=bool)
    edges[:, 1:] |= label[:, 1:] != label[:, :-1]
    edges[1:] |= label[1:] != label[:-1]
    unlabelled = (edges & (rng.random(shape) < 0.4)) | (rng.random(shape) < 0.01)
    lost = (canvas.depth > FAR) | (rng.random(len(points)) < 0.02)
    lost |= (canvas.label == WINDOW) & (rng.random(len(points)) < 0.7)
    depth = np.where(lost, 0, canvas.depth)
    normal = np.where(lost[:, None], 0, canvas.normal @ to_room)
    return {
        "image": image.clip(0, 1).reshape(*shape, 3).astype(np.float32),
        "label": np.where(unlabelled, UNLABELLED, label).astype(np.int8),
        "depth": depth.reshape(*shape, 1).astype(np.float32),
        "normal": normal.reshape(*shape, 3).astype(np.float32),
    }


def shaded(rng, canvas, points, high):
    """Colours (R, 3) under a lamp near the ceiling, with a texture for each kind of thing."""
    lamp = np.array([rng.uniform(-1, 1), high[1] - 0.2, rng.uniform(0.5, 2.5)])
    to_lamp = lamp - points
    distance = np.linalg.norm(to_lamp, axis=1)
    facing = ((canvas.normal * to_lamp).sum(axis=1) / distance).clip(0, 1)
    light = AMBIENT + (1.2 - AMBIENT) * facing / (1 + 0.06 * distance**2)
    light = np.where(canvas.label == WINDOW, 1.0, light)  # lit from behind
    waves = rng.uniform(2, 14, size=(13, 3)) * rng.choice([-1, 1], size=(13, 3))
    strength = rng.uniform(0, 0.12, size=13)
    phase = (points * waves[canvas.label]).sum(axis=1)
    texture = 1 + strength[canvas.label] * np.sin(phase)
    return canvas.colour * (light * texture * rng.uniform(0.8, 1.15))[:, None]


def write(folder, count, height, width, seeds):
    """Write scenes 0 to count − 1 below a folder."""
    for kind in ("image", "label", "depth", "normal"):
        (folder / kind).mkdir(parents=True)
    for number in range(count):
        arrays = scene(np.random.default_rng([*seeds, number]), height, width)
        for kind, array in arrays.items():
            np.save(folder / kind / f"{number}.npy", array)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="DIR", help="empty, or not there yet")
    numbers = {"train": 240, "val": 80, "height": 48, "width": 64, "seed": 0}
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"default {default}")
    chosen = parser.parse_args()
    for name in numbers:
        least = 0 if name == "seed" else 1
        if getattr(chosen, name) < least:
            parser.error(f"--{name} should be at least {least}, found {getattr(chosen, name)}")
    if chosen.folder.exists() and (not chosen.folder.is_dir() or any(chosen.folder.iterdir())):
        parser.error(f"{chosen.folder} is not an empty folder; name another, or empty it")
    for split, (part, count) in enumerate({"train": chosen.train, "val": chosen.val}.items()):
        write(chosen.folder / part, count, chosen.height, chosen.width, [chosen.seed, split])
    print(f"{chosen.train} and {chosen.val} scenes are in {chosen.folder}.")


if __name__ == "__main__":
    main()
