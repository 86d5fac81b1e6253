import Foundation
import XCTest

@testable import Core

final class TileTests: XCTestCase {
    func testTilesArePlannedAsInPython() throws {
        let plans = try golden("tiles.json", as: GoldenTiles.self).plans
        XCTAssertGreaterThan(plans.count, 20)
        for entry in plans {
            let text = String(decoding: try JSONEncoder().encode(entry.facts), as: UTF8.self)
            let facts = try ModelFacts(text: text, file: "golden")
            let plan = try TilePlan(picture: Sides(height: entry.height, width: entry.width), facts: facts)
            let name = "\(entry.height) x \(entry.width), \(text)"
            XCTAssertEqual([plan.sides.height, plan.sides.width], entry.sides, name)
            XCTAssertEqual(plan.rows.map { asList($0) }, entry.rows, name)
            XCTAssertEqual(plan.columns.map { asList($0) }, entry.columns, name)
        }
    }

    func testAModelThatLooksAtTheWholePictureIsNeverPaintedByTiles() throws {
        let refused = try golden("tiles.json", as: GoldenTiles.self).refused
        XCTAssertFalse(refused.isEmpty)
        for entry in refused {
            let text = String(decoding: try JSONEncoder().encode(entry.facts), as: UTF8.self)
            let facts = try ModelFacts(text: text, file: "golden")
            let picture = Sides(height: entry.height, width: entry.width)
            XCTAssertThrowsError(try TilePlan(picture: picture, facts: facts)) { error in
                XCTAssertTrue(error.localizedDescription.hasPrefix("This model looks at the whole picture"))
            }
        }
    }

    func testTilesAreLaidOverEachOtherAsInPython() throws {
        let blends = try golden("tiles.json", as: GoldenTiles.self).blends
        XCTAssertFalse(blends.isEmpty)
        for entry in blends {
            let picture = Sides(height: entry.height, width: entry.width)
            let sides = Sides(height: entry.sides[0], width: entry.sides[1])
            let plan = TilePlan(picture: picture, sides: sides, reach: entry.reach, grid: entry.grid)
            var value = 7 - 40
            let laid = paintTiles(Picture(sides: picture), plan) { piece in
                value += 40
                var tile = Picture(sides: piece.sides)
                tile.bytes = [UInt8](repeating: UInt8(value), count: tile.bytes.count)
                return tile
            }
            XCTAssertEqual((0..<picture.width).map { grey(laid, picture.height / 2, $0) }, entry.row)
            XCTAssertEqual((0..<picture.height).map { grey(laid, $0, picture.width / 2) }, entry.column)
        }
    }

    func testAStoppedPaintingThrows() {
        let picture = Picture(sides: Sides(height: 8, width: 8))
        let plan = TilePlan(picture: picture.sides, sides: picture.sides, reach: 0, grid: 4)
        XCTAssertThrowsError(try paintTiles(picture, plan) { _ in throw Failure.cancelled })
    }

    private func asList(_ span: TileSpan) -> [Int] {
        [span.start, span.first, span.full, span.end]
    }

    private func grey(_ picture: Picture, _ y: Int, _ x: Int) -> Int {
        Int(picture.bytes[(y * picture.sides.width + x) * Picture.bytesPerPixel])
    }
}
