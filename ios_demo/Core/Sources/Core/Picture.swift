// Pixels in memory: from a picture into a network's input, and back. The order of the four bytes of a pixel is the same
// on both sides (BGRA on a phone) and does not matter here.

/// A picture in memory: 4 bytes a pixel, rows without gaps, the upper one first.
public struct Picture: Equatable, Sendable {
    public static let bytesPerPixel = 4

    public let sides: Sides
    public var bytes: [UInt8]

    /// A black one, clear throughout.
    public init(sides: Sides) {
        self.sides = sides
        bytes = [UInt8](repeating: 0, count: sides.area * Picture.bytesPerPixel)
    }

    /// The upper left `sides` of rows that lie `bytesPerRow` apart in memory.
    public init(sides: Sides, copying rows: UnsafeRawPointer, bytesPerRow: Int) {
        self.init(sides: sides)
        let length = sides.width * Picture.bytesPerPixel
        let height = sides.height
        bytes.withUnsafeMutableBytes { target in
            guard let start = target.baseAddress else { return }
            for row in 0..<height {
                (start + row * length).copyMemory(from: rows + row * bytesPerRow, byteCount: length)
            }
        }
    }

    /// Copies `piece` into rows that lie `bytesPerRow` apart, padded below and on the right to `padded` by the rule of
    /// convert/runtimes/base.py: mirrored where the piece is large enough for that, else its edge goes on.
    public func copy(_ piece: Piece, to target: UnsafeMutableRawPointer, bytesPerRow: Int, padded: Sides) {
        let (height, width) = (piece.sides.height, piece.sides.width)
        let mirrored = padded.height - height < height && padded.width - width < width
        let rows = shownPixels(length: height, padded: padded.height, mirrored: mirrored)
        let columns = shownPixels(length: width, padded: padded.width, mirrored: mirrored)
        let pixel = Picture.bytesPerPixel
        bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            for (y, row) in rows.enumerated() {
                let from = start + ((piece.top + row) * sides.width + piece.left) * pixel
                let to = target + y * bytesPerRow
                to.copyMemory(from: from, byteCount: width * pixel)
                for x in width..<padded.width {
                    (to + x * pixel).copyMemory(from: from + columns[x] * pixel, byteCount: pixel)
                }
            }
        }
    }
}

/// A part of a picture.
public struct Piece: Equatable, Sendable {
    public let top: Int
    public let left: Int
    public let sides: Sides

    public init(top: Int, left: Int, sides: Sides) {
        self.top = top
        self.left = left
        self.sides = sides
    }
}

/// Which of `length` pixels each of `padded` ones shows; `padded` is at least `length`.
func shownPixels(length: Int, padded: Int, mirrored: Bool) -> [Int] {
    let last = length - 1
    return (0..<padded).map { place in
        if place <= last { return place }
        return mirrored ? 2 * last - place : last
    }
}
