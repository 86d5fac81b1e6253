// Tiles laid over each other into one picture: paint_tiles of convert/runtimes/tiles.py, byte for byte.

/// Paints `picture` by `plan`. `paint` is told which piece of it comes next, and gives that piece painted.
///
/// Beside the two pictures only a strip of tiles as wide as the picture is in memory.
public func paintTiles(_ picture: Picture, _ plan: TilePlan, paint: (Piece) throws -> Picture) rethrows -> Picture {
    let (height, width) = (picture.sides.height, picture.sides.width)
    var painted = Picture(sides: picture.sides)
    for row in plan.rows {
        let stripHeight = min(plan.sides.height, height - row.start)
        var strip = Picture(sides: Sides(height: stripHeight, width: width))
        for column in plan.columns {
            let sides = Sides(height: stripHeight, width: min(plan.sides.width, width - column.start))
            let tile = try paint(Piece(top: row.start, left: column.start, sides: sides))
            layAcross(tile, over: &strip, column)
        }
        layDown(strip, over: &painted, row)
    }
    return painted
}

/// Lays `tile` over `strip` from left to right, fading in from `span.first` to `span.full`; their heights are the same.
func layAcross(_ tile: Picture, over strip: inout Picture, _ span: TileSpan) {
    let pixel = Picture.bytesPerPixel
    for y in 0..<strip.sides.height {
        let onto = y * strip.sides.width
        let from = y * tile.sides.width - span.start
        for x in span.first..<span.full {
            let share = x - span.first + 1
            mix(tile.bytes, (from + x) * pixel, onto: &strip.bytes, (onto + x) * pixel, pixel, share, span)
        }
        let count = (span.end - span.full) * pixel
        put(tile.bytes, (from + span.full) * pixel, onto: &strip.bytes, (onto + span.full) * pixel, count)
    }
}

/// Likewise from top to bottom; their widths are the same.
func layDown(_ strip: Picture, over painted: inout Picture, _ span: TileSpan) {
    let length = strip.sides.width * Picture.bytesPerPixel
    for y in span.first..<span.full {
        let share = y - span.first + 1
        mix(strip.bytes, (y - span.start) * length, onto: &painted.bytes, y * length, length, share, span)
    }
    let count = (span.end - span.full) * length
    put(strip.bytes, (span.full - span.start) * length, onto: &painted.bytes, span.full * length, count)
}

/// `count` bytes of `tile` from `from` on in place of those that are below them.
private func put(_ tile: [UInt8], _ from: Int, onto below: inout [UInt8], _ to: Int, _ count: Int) {
    tile.withUnsafeBytes { source in
        below.withUnsafeMutableBytes { target in
            guard let first = source.baseAddress, let place = target.baseAddress else { return }
            (place + to).copyMemory(from: first + from, byteCount: count)
        }
    }
}

/// `count` bytes of `tile` from `from` on with `share` parts of the ramp, what is below them with the others.
private func mix(
    _ tile: [UInt8], _ from: Int, onto below: inout [UInt8], _ to: Int, _ count: Int, _ share: Int, _ span: TileSpan
) {
    let whole = span.full - span.first + 1
    for place in 0..<count {
        let sum = Int(below[to + place]) * (whole - share) + Int(tile[from + place]) * share
        below[to + place] = UInt8((sum + whole / 2) / whole)
    }
}
