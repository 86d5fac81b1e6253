import Core
import CoreML
import CoreVideo
import Foundation

/// One model on one kind of processor, for one thread at a time.
final class Network {
    let facts: ModelFacts
    private let model: MLModel

    init(_ bundled: BundledModel, units: MLComputeUnits) throws {
        let configuration = MLModelConfiguration()
        configuration.computeUnits = units
        facts = bundled.facts
        do {
            model = try MLModel(contentsOf: bundled.place, configuration: configuration)
        } catch {
            throw Failure.broken(bundled.file, error.localizedDescription)
        }
    }

    /// BGRA in and out, of a size that the model takes. Nothing is copied: Core ML's own buffer comes back.
    func run(_ buffer: CVPixelBuffer) throws -> CVPixelBuffer {
        let image = MLFeatureValue(pixelBuffer: buffer)
        do {
            let input = try MLDictionaryFeatureProvider(dictionary: ["image": image])
            let output = try model.prediction(from: input)
            if let painted = output.featureValue(for: "painted")?.imageBufferValue { return painted }
        } catch {
            throw Failure.notPainted(error.localizedDescription)
        }
        throw Failure.notPainted("the model gave no picture")
    }

    /// A frame of the camera, without a copy where the model takes its size, else by way of tiles.
    func paint(_ frame: CVPixelBuffer) throws -> CVPixelBuffer {
        let plan = try TilePlan(picture: sides(of: frame), facts: facts)
        if plan.total == 1 && plan.sides == sides(of: frame) { return try run(frame) }
        let painted = try paint(try copyPicture(from: frame, sides: sides(of: frame)), beforeTile: { _ in })
        let buffer = try makePixelBuffer(painted.sides)
        try fill(buffer, with: Piece(top: 0, left: 0, sides: painted.sides), of: painted)
        return buffer
    }

    /// A picture of any size, by tiles; `beforeTile` is told which share is done, and stops it by throwing.
    func paint(_ picture: Picture, beforeTile: (Double) throws -> Void) throws -> Picture {
        let plan = try TilePlan(picture: picture.sides, facts: facts)
        let buffer = try makePixelBuffer(plan.sides)
        var done = 0
        return try paintTiles(picture, plan) { piece in
            try beforeTile(Double(done) / Double(plan.total))
            done += 1
            return try autoreleasepool {
                try fill(buffer, with: piece, of: picture)
                return try copyPicture(from: try run(buffer), sides: piece.sides)
            }
        }
    }
}
