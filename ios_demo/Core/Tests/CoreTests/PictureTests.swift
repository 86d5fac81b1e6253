import XCTest

@testable import Core

final class PictureTests: XCTestCase {
    func testAPieceIsMirroredWhereItIsLargeEnough() {
        let picture = greys([[1, 2, 3], [4, 5, 6]])
        let whole = Piece(top: 0, left: 0, sides: picture.sides)
        XCTAssertEqual(padded(picture, whole, height: 3, width: 5), [[1, 2, 3, 2, 1], [4, 5, 6, 5, 4], [1, 2, 3, 2, 1]])
    }

    func testTheEdgeGoesOnWhereItIsTooSmall() {
        let picture = greys([[1, 2, 3], [4, 5, 6]])
        let piece = Piece(top: 1, left: 1, sides: Sides(height: 1, width: 2))
        XCTAssertEqual(padded(picture, piece, height: 2, width: 3), [[5, 6, 6], [5, 6, 6]])
    }

    func testRowsWithGapsAreReadWithoutThem() {
        let rows: [UInt8] = [1, 1, 1, 1, 9, 9, 2, 2, 2, 2, 9, 9]
        let picture = rows.withUnsafeBytes { memory in
            Picture(sides: Sides(height: 2, width: 1), copying: memory.baseAddress!, bytesPerRow: 6)
        }
        XCTAssertEqual(picture, greys([[1], [2]]))
    }

    private func greys(_ rows: [[UInt8]]) -> Picture {
        var picture = Picture(sides: Sides(height: rows.count, width: rows[0].count))
        picture.bytes = rows.flatMap { row in row.flatMap { [$0, $0, $0, $0] } }
        return picture
    }

    /// What is copied into rows that have two bytes more than they need.
    private func padded(_ picture: Picture, _ piece: Piece, height: Int, width: Int) -> [[UInt8]] {
        let bytesPerRow = width * 4 + 2
        var memory = [UInt8](repeating: 0, count: height * bytesPerRow)
        memory.withUnsafeMutableBytes { target in
            let sides = Sides(height: height, width: width)
            picture.copy(piece, to: target.baseAddress!, bytesPerRow: bytesPerRow, padded: sides)
        }
        return (0..<height).map { y in (0..<width).map { x in memory[y * bytesPerRow + x * 4] } }
    }
}
