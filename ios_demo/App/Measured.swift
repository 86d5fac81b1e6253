import Core
import CoreML
import CoreVideo
import CryptoKit
import Foundation

/// Core ML's kinds of processors by the names of benchmarks/schema.json; the last with the Neural Engine.
let computeUnits: [(name: String, units: MLComputeUnits)] = [
    ("CPU_ONLY", .cpuOnly), ("CPU_AND_GPU", .cpuAndGPU), ("ALL", .all),
]

/// The bytes of a model in the bundle, which is a folder, and their hash as benchmarks/systems/system.py takes it.
func describeFile(_ model: BundledModel) throws -> MadeFile {
    let names = try FileManager.default.subpathsOfDirectory(atPath: model.place.path)
    var hash = SHA256()
    var bytes = 0
    for name in packageOrder(names) {
        let file = model.place.appendingPathComponent(name)
        if try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile != true { continue }
        let content = try Data(contentsOf: file)
        hash.update(data: Data(name.utf8))
        hash.update(data: content)
        bytes += content.count
    }
    return MadeFile(bytes: bytes, sha256: hash.finalize().map { String(format: "%02x", $0) }.joined())
}

/// A model opened on one kind of processor at one size, to be timed.
final class Measured {
    static let picture = "grey"  // its content makes no difference to the time
    private static let settleMs = 100.0
    private let network: Network
    private let buffer: CVPixelBuffer
    private var settles = false

    /// Loads the model; `row` gets how long that took, and the first run.
    init(_ model: BundledModel, units: MLComputeUnits, sides: Sides, row: inout Row) throws {
        let began = DispatchTime.now()
        network = try Network(model, units: units)
        row.loadMs = milliseconds(since: began)
        buffer = try makePixelBuffer(sides)
        var grey = Picture(sides: sides)
        grey.bytes = [UInt8](repeating: 128, count: grey.bytes.count)
        try fill(buffer, with: Piece(top: 0, left: 0, sides: sides), of: grey)
        row.firstMs = try time()
    }

    /// Milliseconds of one run. A fast network gets an untimed one before: other networks filled the caches meanwhile.
    func turn() throws -> Double {
        if settles { _ = try time() }
        let spent = try time()
        settles = spent < Measured.settleMs
        return spent
    }

    /// Milliseconds of one run, and no more.
    func time() throws -> Double {
        try autoreleasepool {
            let began = DispatchTime.now()
            _ = try network.run(buffer)
            return max(0.00001, milliseconds(since: began))
        }
    }
}

private func milliseconds(since began: DispatchTime) -> Double {
    rounded(Double(DispatchTime.now().uptimeNanoseconds - began.uptimeNanoseconds) / 1_000_000)
}
