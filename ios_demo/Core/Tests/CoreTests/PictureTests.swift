import XCTest

@testable import Core

final class PictureTests: XCTestCase {
    func testPicturesArePaddedAsInPython() throws {
        let entries = try golden("pixels.json", as: GoldenPixels.self).padded
        XCTAssertFalse(entries.isEmpty)
        for entry in entries {
            var picture = Picture(sides: Sides(height: entry.height, width: entry.width))
            picture.bytes = fourBytes(entry.picture)
            let whole = Piece(top: 0, left: 0, sides: picture.sides)
            let sides = Sides(height: entry.sides[0], width: entry.sides[1])
            XCTAssertEqual(padded(picture, whole, sides), fourBytes(entry.padded))
        }
    }

    func testAPieceIsCutOutWhereItLies() {
        var picture = Picture(sides: Sides(height: 2, width: 3))
        picture.bytes = greys([1, 2, 3, 4, 5, 6])
        let piece = Piece(top: 1, left: 1, sides: Sides(height: 1, width: 2))
        XCTAssertEqual(padded(picture, piece, Sides(height: 2, width: 3)), greys([5, 6, 6, 5, 6, 6]))
    }

    func testRowsWithGapsAreReadWithoutThem() {
        let rows: [UInt8] = [1, 1, 1, 1, 9, 9, 2, 2, 2, 2, 9, 9]
        let picture = rows.withUnsafeBytes { memory in
            Picture(sides: Sides(height: 2, width: 1), copying: memory.baseAddress!, bytesPerRow: 6)
        }
        XCTAssertEqual(picture.bytes, [1, 1, 1, 1, 2, 2, 2, 2])
    }

    private func greys(_ values: [UInt8]) -> [UInt8] {
        values.flatMap { [UInt8](repeating: $0, count: 4) }
    }

    /// RGB with a fourth byte.
    private func fourBytes(_ rgb: [UInt8]) -> [UInt8] {
        stride(from: 0, to: rgb.count, by: 3).flatMap { [rgb[$0], rgb[$0 + 1], rgb[$0 + 2], 255] }
    }

    /// What is copied into rows that have two bytes more than they need, without those.
    private func padded(_ picture: Picture, _ piece: Piece, _ sides: Sides) -> [UInt8] {
        let bytesPerRow = sides.width * 4 + 2
        var memory = [UInt8](repeating: 0, count: sides.height * bytesPerRow)
        memory.withUnsafeMutableBytes { target in
            picture.copy(piece, to: target.baseAddress!, bytesPerRow: bytesPerRow, padded: sides)
        }
        return memory.withUnsafeBytes { rows in
            Picture(sides: sides, copying: rows.baseAddress!, bytesPerRow: bytesPerRow).bytes
        }
    }
}
