import Foundation

/// All that can go wrong, each in one sentence that says what to do.
public enum Failure: LocalizedError, Equatable, Sendable {
    case noModel
    case broken(String, String)  // file, why
    case cameraRefused
    case noCamera
    case cameraInUse
    case tooHot
    case unreadable
    case tooLarge(Int)  // megapixels
    case tooLittleMemory(Int)  // megapixels
    case onePiece(Sides?)  // the largest that the model takes; nil: two megapixels
    case notPainted(String)
    case savingRefused
    case notSaved(String)
    case cancelled

    public var errorDescription: String? {
        switch self {
        case .noModel: return "There is no model in this app: run python -m convert --target ios, then build it again."
        case .broken(let file, let why): return "The model \(file) cannot be used because \(why): convert it again."
        case .cameraRefused: return "The camera is switched off for this app: allow it in Settings, or open a photo."
        case .noCamera: return "This device has no such camera: use the other one, or open a photo."
        case .cameraInUse: return "The camera is in use by a call or another app, and comes back when that ends."
        case .tooHot: return "The phone is too hot: the picture pauses until it has cooled down."
        case .unreadable: return "This is no picture that the phone can read: choose a JPEG, HEIC or PNG."
        case .tooLarge(let megapixels):
            return "This photo has \(megapixels) megapixels, the app takes \(PhotoLimit.megapixels): shrink it."
        case .tooLittleMemory(let megapixels):
            return "Too little memory for \(megapixels) megapixels: close other apps, or choose a smaller photo."
        case .onePiece(let sides):
            let most = sides.map { "\($0.width) x \($0.height) pixels" } ?? "2 megapixels"
            return "This model looks at the whole picture and paints it in one piece, up to \(most): use a smaller one."
        case .notPainted(let why): return "The picture could not be painted (\(why)): try again, or another model."
        case .savingRefused: return "Saving to Photos is switched off for this app: allow it in Settings, or share it."
        case .notSaved(let why): return "The picture could not be saved (\(why)): try again, or share it."
        case .cancelled: return "It was stopped before it was done."
        }
    }
}

/// How large a photo may be.
public enum PhotoLimit {
    public static let megapixels = 50
    static let bytesPerPixel = 18  // photo, painting, the images made of both, and a strip of tiles

    /// Throws a `Failure` for a picture of `sides` that would not fit into `available` bytes.
    public static func check(_ sides: Sides, available: Int) throws {
        let count = (sides.area + 999_999) / 1_000_000
        if count > megapixels { throw Failure.tooLarge(count) }
        if sides.area * bytesPerPixel > available { throw Failure.tooLittleMemory(count) }
    }
}
