import Core
import Foundation
import ImageIO
import Photos
import UniformTypeIdentifiers
import os

private let pixelLayout = CGImageAlphaInfo.noneSkipFirst.rawValue | CGBitmapInfo.byteOrder32Little.rawValue  // BGRA
private let quality = 0.95  // of JPEG

/// The upright photo in `data`, at full resolution. Throws a `Failure` for what cannot be read, or does not fit.
func readPhoto(_ data: Data) throws -> Picture {
    guard let source = CGImageSourceCreateWithData(data as CFData, nil),
        let facts = CGImageSourceCopyPropertiesAtIndex(source, 0, nil) as? [CFString: Any],
        let width = facts[kCGImagePropertyPixelWidth] as? Int, let height = facts[kCGImagePropertyPixelHeight] as? Int
    else { throw Failure.unreadable }
    let free = os_proc_available_memory()  // 0 in a simulator, which has no limit
    try PhotoLimit.check(Sides(height: height, width: width), available: free > 0 ? free : Int.max)
    let options: [CFString: Any] = [
        kCGImageSourceCreateThumbnailFromImageAlways: true,
        kCGImageSourceCreateThumbnailWithTransform: true,  // upright
        kCGImageSourceThumbnailMaxPixelSize: max(width, height),
    ]
    guard let image = CGImageSourceCreateThumbnailAtIndex(source, 0, options as CFDictionary) else {
        throw Failure.unreadable
    }
    return try draw(image)
}

private func draw(_ image: CGImage) throws -> Picture {
    let (width, height) = (image.width, image.height)
    var picture = Picture(sides: Sides(height: height, width: width))
    let drawn = picture.bytes.withUnsafeMutableBytes { bytes -> Bool in
        guard let space = CGColorSpace(name: CGColorSpace.sRGB),
            let context = CGContext(
                data: bytes.baseAddress, width: width, height: height, bitsPerComponent: 8, bytesPerRow: width * 4,
                space: space, bitmapInfo: pixelLayout)
        else { return false }
        let whole = CGRect(x: 0, y: 0, width: width, height: height)
        context.setFillColor(red: 1, green: 1, blue: 1, alpha: 1)  // below what is transparent
        context.fill(whole)
        context.draw(image, in: whole)
        return true
    }
    if !drawn { throw Failure.unreadable }
    return picture
}

/// `picture` as an image to be shown or written.
func makeImage(_ picture: Picture) throws -> CGImage {
    let (width, height) = (picture.sides.width, picture.sides.height)
    guard let space = CGColorSpace(name: CGColorSpace.sRGB),
        let provider = CGDataProvider(data: Data(picture.bytes) as CFData),
        let image = CGImage(
            width: width, height: height, bitsPerComponent: 8, bitsPerPixel: 32, bytesPerRow: width * 4, space: space,
            bitmapInfo: CGBitmapInfo(rawValue: pixelLayout), provider: provider, decode: nil, shouldInterpolate: true,
            intent: .defaultIntent)
    else { throw Failure.notSaved("there is no memory for it") }
    return image
}

/// Writes a JPEG of `image` to be shared or saved; where it is.
func writeJPEG(_ image: CGImage) throws -> URL {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("painted.jpg")
    let type = UTType.jpeg.identifier as CFString
    guard let writer = CGImageDestinationCreateWithURL(file as CFURL, type, 1, nil) else {
        throw Failure.notSaved("the storage is full")
    }
    CGImageDestinationAddImage(writer, image, [kCGImageDestinationLossyCompressionQuality: quality] as CFDictionary)
    if !CGImageDestinationFinalize(writer) { throw Failure.notSaved("the storage is full") }
    return file
}

/// Adds the picture in `file` to Photos, which the app may do but cannot look into.
func savePhoto(_ file: URL) async throws {
    let status = await PHPhotoLibrary.requestAuthorization(for: .addOnly)
    guard status == .authorized || status == .limited else { throw Failure.savingRefused }
    do {
        try await PHPhotoLibrary.shared().performChanges {
            PHAssetCreationRequest.forAsset().addResource(with: .photo, fileURL: file, options: nil)
        }
    } catch {
        throw Failure.notSaved(error.localizedDescription)
    }
}
