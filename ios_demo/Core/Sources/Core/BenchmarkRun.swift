// One benchmark run in the form of benchmarks/schema.json; tests/ios_demo/test_run_names.py compares the names.
// What could not be had is nil, and left out of the JSON.
import Foundation

public struct BenchmarkRun: Codable, Equatable, Sendable {
    public let format: Int
    public let by: String
    public let made: String
    public let hardware: Hardware
    public let os: OperatingSystem
    public let versions: [String: String]
    public let settings: RunSettings
    public let files: [String: MadeFile]
    public let rows: [Row]

    public init(
        made: Date, hardware: Hardware, os: OperatingSystem, versions: [String: String], settings: RunSettings,
        files: [String: MadeFile], rows: [Row]
    ) {
        format = 2
        by = "ios"
        self.made = ISO8601DateFormatter().string(from: made)
        self.hardware = hardware
        self.os = os
        self.versions = versions
        self.settings = settings
        self.files = files
        self.rows = rows
    }

    /// The same run gives the same bytes.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(self)
    }
}

/// `instructions`: ARM's sets that matter to a network, by Linux's names (pix2phone/processor.py); nil if not known.
public struct Hardware: Codable, Equatable, Sendable {
    public let device: String
    public let instructions: [String]?
    public let dotProducts: Bool?
    public let cores: Int
    public let memoryBytes: Int

    enum CodingKeys: String, CodingKey {
        case device
        case instructions
        case dotProducts = "dot_products"
        case cores
        case memoryBytes = "memory_bytes"
    }

    public init(device: String, instructions: [String]?, cores: Int, memoryBytes: Int) {
        self.device = device
        self.instructions = instructions
        dotProducts = instructions.map { $0.contains("asimddp") || $0.contains("i8mm") }
        self.cores = cores
        self.memoryBytes = memoryBytes
    }
}

public struct OperatingSystem: Codable, Equatable, Sendable {
    public let name: String
    public let version: String
    public let architecture: String

    public init(name: String, version: String, architecture: String) {
        self.name = name
        self.version = version
        self.architecture = architecture
    }
}

public struct RunSettings: Codable, Equatable, Sendable {
    public let sizes: [PictureSize]
    public let iterations: [Int]
    public let trimPercent: Double
    public let warmUps: Int
    public let pauseMs: Double
    public let sustainedSeconds: Double
    public let quick: Bool
    public let picture: String

    enum CodingKeys: String, CodingKey {
        case sizes
        case iterations
        case trimPercent = "trim_percent"
        case warmUps = "warm_ups"
        case pauseMs = "pause_ms"
        case sustainedSeconds = "sustained_seconds"
        case quick
        case picture
    }

    public init(plan: BenchmarkPlan, sizes: [Sides], picture: String) {
        self.sizes = sizes.map { PictureSize($0) }
        iterations = sizes.map { _ in plan.iterations }
        trimPercent = Statistics.trimPercent
        warmUps = plan.warmUps
        pauseMs = plan.pauseSeconds * 1000
        sustainedSeconds = plan.sustainedSeconds
        quick = plan.quick
        self.picture = picture
    }
}

public struct PictureSize: Codable, Equatable, Sendable {
    public let width: Int
    public let height: Int

    public init(_ sides: Sides) {
        width = sides.width
        height = sides.height
    }
}

/// A model's file: its bytes, and their SHA-256 in hexadecimal digits.
public struct MadeFile: Codable, Equatable, Sendable {
    public let bytes: Int
    public let sha256: String

    public init(bytes: Int, sha256: String) {
        self.bytes = bytes
        self.sha256 = sha256
    }
}

/// Of the device before, during and after a row.
public struct Reading: Codable, Equatable, Sendable {
    public let atS: Double
    public let thermal: ThermalLevel
    public let batteryPercent: Double?
    public let charging: Bool?

    enum CodingKeys: String, CodingKey {
        case atS = "at_s"
        case thermal
        case batteryPercent = "battery_percent"
        case charging
    }

    public init(atS: Double, thermal: ThermalLevel, batteryPercent: Double?, charging: Bool?) {
        self.atS = rounded(atS)
        self.thermal = thermal
        self.batteryPercent = batteryPercent
        self.charging = charging
    }
}

/// The levels of iOS by their names in the schema, coolest first.
public enum ThermalLevel: String, Codable, Sendable {
    case nominal
    case light
    case severe
    case critical
}
