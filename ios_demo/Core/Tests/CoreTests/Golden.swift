import Foundation

/// What Python makes of a few inputs: a file of tests/golden, of which tests/golden/write.py is the source.
func golden<Content: Decodable>(_ name: String, as type: Content.Type) throws -> Content {
    var folder = URL(fileURLWithPath: #filePath)
    for _ in 0..<5 { folder.deleteLastPathComponent() }
    let file = folder.appendingPathComponent("tests/golden/\(name)")
    return try JSONDecoder().decode(type, from: Data(contentsOf: file))
}

struct GoldenTiles: Decodable {
    let plans: [Plan]
    let blends: [Blend]

    struct Plan: Decodable {
        let height: Int
        let width: Int
        let facts: Facts
        let sides: [Int]
        let rows: [[Int]]
        let columns: [[Int]]
    }

    struct Facts: Codable {
        let multiple: Int
        let reach: Int?
        let sizes: [[Int]]?
    }

    struct Blend: Decodable {
        let height: Int
        let width: Int
        let sides: [Int]
        let reach: Int
        let grid: Int
        let row: [Int]
        let column: [Int]
    }
}

struct GoldenStatistics: Decodable {
    let means: [Entry]

    struct Entry: Decodable {
        let samples: [Double]
        let dropped: Int
        let mean: Double
        let figures: [String: Double]
    }
}
