// Pictures too large for one piece are painted tile by tile: the sums of convert/runtimes/tiles.py, where they are
// explained, and of convert/runtimes/base.py, in whole numbers. tests/golden/tiles.json holds both to the same results.

/// Height and width in pixels.
public struct Sides: Hashable, Sendable {
    public let height: Int
    public let width: Int

    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    public var area: Int { height * width }
}

/// A tile along one axis: it lies from `start` on, counts more and more from `first`, wholly from `full` to `end`.
/// Pixels of the picture.
public struct TileSpan: Equatable, Sendable {
    public let start: Int
    public let first: Int
    public let full: Int
    public let end: Int

    public init(start: Int, first: Int, full: Int, end: Int) {
        self.start = start
        self.first = first
        self.full = full
        self.end = end
    }
}

/// The tiles of a picture: every one of `rows` with every one of `columns`, each `sides` large.
public struct TilePlan: Equatable, Sendable {
    public static let wholeArea = 1920 * 1088  // pixels: a larger picture goes by tiles
    public static let largestSide = 4096  // pixels: likewise
    public static let largestTile = 1024  // pixels a side at most, or the next multiple of the network's grid
    static let ramp = 32  // pixels, at least, across which one tile fades into the next

    public let sides: Sides
    public let rows: [TileSpan]
    public let columns: [TileSpan]

    /// How many tiles there are.
    public var total: Int { rows.count * columns.count }

    /// By how many pixels neighbours overlap at least; 0 for a single tile.
    public var overlap: Int {
        var found: [Int] = []
        if rows.count > 1 { found.append(sides.height - rows[1].start) }
        if columns.count > 1 { found.append(sides.width - columns[1].start) }
        return found.min() ?? 0
    }

    /// Cuts a `picture` into tiles of `sides`, all positive, sides at least `grid`.
    public init(picture: Sides, sides: Sides, reach: Int, grid: Int) {
        self.sides = sides
        rows = spans(length: picture.height, side: sides.height, reach: reach, grid: grid)
        columns = spans(length: picture.width, side: sides.width, reach: reach, grid: grid)
    }

    /// How a `picture` goes through a model of these `facts`; a single tile, padded to `sides`, where it fits.
    /// Throws `Failure.onePiece` for what would take tiles of a model that looks at the whole picture.
    public init(picture: Sides, facts: ModelFacts) throws {
        let grid = facts.multiple
        let sides: Sides
        if facts.sizes.isEmpty {
            sides = freeSides(of: picture, reach: facts.reach, grid: grid)
        } else {
            sides = listedSides(of: picture, sizes: facts.sizes, reach: facts.reach, grid: grid)
        }
        self.init(picture: picture, sides: sides, reach: facts.reach, grid: grid)
        if facts.isGlobal && total > 1 { throw Failure.onePiece(facts.sizes.max { $0.area < $1.area }) }
    }

    /// Pixels that the network computes.
    var cost: Int { total * sides.area }
}

/// The next multiple of `grid`.
func roundedUp(_ length: Int, _ grid: Int) -> Int {
    (length + grid - 1) / grid * grid
}

/// Of a model that takes any size: the fewest tiles, and those no larger than it takes.
private func freeSides(of picture: Sides, reach: Int, grid: Int) -> Sides {
    let longest = max(picture.height, picture.width)
    if picture.area <= TilePlan.wholeArea && longest <= TilePlan.largestSide {
        return Sides(height: roundedUp(picture.height, grid), width: roundedUp(picture.width, grid))
    }
    let most = roundedUp(TilePlan.largestTile, grid)
    return Sides(
        height: evenSide(length: picture.height, most: most, reach: reach, grid: grid),
        width: evenSide(length: picture.width, most: most, reach: reach, grid: grid)
    )
}

/// Of a model that takes listed sizes: the smallest that holds the picture, else the one that leaves the fewest pixels
/// to compute, of those whose tiles overlap by twice the reach, if any do.
private func listedSides(of picture: Sides, sizes: [Sides], reach: Int, grid: Int) -> Sides {
    let sorted = sizes.enumerated().sorted { one, other in
        (one.element.area, one.offset) < (other.element.area, other.offset)
    }.map { entry in entry.element }
    if let whole = sorted.first(where: { $0.height >= picture.height && $0.width >= picture.width }) {
        return whole
    }
    let enough = sorted.filter { size in
        let larger = Sides(height: 2 * size.height, width: 2 * size.width)
        return TilePlan(picture: larger, sides: size, reach: reach, grid: grid).overlap >= 2 * reach
    }
    var best = TilePlan(picture: picture, sides: enough.first ?? sorted[0], reach: reach, grid: grid)
    for size in enough.isEmpty ? sorted : enough {
        let plan = TilePlan(picture: picture, sides: size, reach: reach, grid: grid)
        if plan.cost < best.cost { best = plan }
    }
    return best.sides
}

private func evenSide(length: Int, most: Int, reach: Int, grid: Int) -> Int {
    if length <= most { return roundedUp(length, grid) }
    let overlap = min(roundedUp(2 * reach + TilePlan.ramp, grid), most / 2)
    let count = roundedUp(length - overlap, most - overlap) / (most - overlap)
    return roundedUp((length + (count - 1) * overlap + count - 1) / count, grid)
}

private func spans(length: Int, side: Int, reach: Int, grid: Int) -> [TileSpan] {
    if length <= side { return [TileSpan(start: 0, first: 0, full: 0, end: length)] }
    // Python rounds quotients down, Swift towards zero; below zero both come to a margin of 0.
    let margin = max(0, min(reach, (side / 2 - TilePlan.ramp) / 2, (side - grid) / 2))
    let step = max(grid, (side - 2 * margin - TilePlan.ramp) / grid * grid)
    let ramp = side - 2 * margin - step
    let last = roundedUp(length - side, grid)
    var found = [TileSpan(start: 0, first: 0, full: 0, end: side - margin)]
    var start = 0
    while start < last {
        start = min(start + step, last)
        let before = found[found.count - 1].end
        let end = start == last ? length : start + side - margin
        found.append(TileSpan(start: start, first: before - ramp, full: before, end: end))
    }
    return found
}
