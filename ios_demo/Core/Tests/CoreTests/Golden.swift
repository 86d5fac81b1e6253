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
    let refused: [Refused]
    let blends: [Blend]

    struct Plan: Decodable {
        let height: Int
        let width: Int
        let facts: Facts
        let sides: [Int]
        let rows: [[Int]]
        let columns: [[Int]]
    }

    struct Refused: Decodable {
        let height: Int
        let width: Int
        let facts: Facts
    }

    struct Facts: Codable {
        let multiple: Int
        let reach: Int?
        let sizes: [[Int]]?
        let tiling: String?
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
    let curves: [Curve]

    struct Entry: Decodable {
        let samples: [Double]
        let dropped: Int
        let mean: Double
        let figures: [String: Double]
    }

    struct Curve: Decodable {
        let medians: [Double]
        let throttled: Bool
    }
}

struct GoldenPixels: Decodable {
    let padded: [Entry]

    /// RGB bytes row by row.
    struct Entry: Decodable {
        let height: Int
        let width: Int
        let sides: [Int]
        let picture: [UInt8]
        let padded: [UInt8]
    }
}

struct GoldenMetadata: Decodable {
    let files: [Entry]

    struct Entry: Decodable {
        let facts: Facts
    }

    struct Facts: Codable {
        let name: String
        let model: String
        let author: String
        let licence: String
        let multiple: Int
        let reach: Int?
        let sizes: [[Int]]?
        let tiling: String?
    }
}

struct GoldenRuns: Decodable {
    let runs: [JSONValue]
}

/// Any JSON but null, which no run holds.
enum JSONValue: Decodable, Equatable {
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    init(from decoder: Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }
}
