import Foundation

/// What a converted model says of itself (convert/plan/model_card.py): JSON under one key of the package's metadata.
public struct ModelFacts: Hashable, Sendable {
    public static let key = "pix2phone"

    public let name: String
    public let model: String
    public let author: String
    public let licence: String
    public let precision: String
    public let multiple: Int  // the sides of every picture are multiples of it
    public let reach: Int  // pixels from a cut that tiles leave out
    public let sizes: [Sides]  // that the model takes; none: any
    public let isGlobal: Bool  // it looks at the whole picture, which is never painted by tiles

    /// Of the model in `file`. Throws `Failure.broken` when it says nothing of its sizes.
    public init(text: String?, file: String) throws {
        guard let text = text else { throw Failure.broken(file, "it does not say which sizes it takes") }
        let raw: Raw
        do {
            raw = try JSONDecoder().decode(Raw.self, from: Data(text.utf8))
        } catch {
            throw Failure.broken(file, "what it says of itself cannot be read")
        }
        let sizes = raw.sizes ?? []
        guard raw.multiple > 0, sizes.allSatisfy({ $0.count == 2 && $0.allSatisfy { $0 >= raw.multiple } }) else {
            throw Failure.broken(file, "it names sizes that no picture has")
        }
        name = raw.name ?? file
        model = raw.model ?? file
        author = raw.author ?? "not stated"
        licence = raw.licence ?? "not stated"
        precision = raw.precision ?? "as made"
        multiple = raw.multiple
        reach = max(0, raw.reach ?? 64)
        self.sizes = sizes.map { Sides(height: $0[0], width: $0[1]) }
        isGlobal = raw.tiling == "global"
    }

    private struct Raw: Decodable {
        let name: String?
        let model: String?
        let author: String?
        let licence: String?
        let precision: String?
        let multiple: Int
        let reach: Int?
        let sizes: [[Int]]?
        let tiling: String?
    }
}
