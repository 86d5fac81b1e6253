import Core
import CoreVideo
import Foundation

/// An empty buffer of BGRA bytes that GPU and Neural Engine read where it lies.
func makePixelBuffer(_ sides: Sides) throws -> CVPixelBuffer {
    let attributes: [CFString: Any] = [kCVPixelBufferIOSurfacePropertiesKey: [CFString: Any]()]
    var made: CVPixelBuffer?
    CVPixelBufferCreate(
        kCFAllocatorDefault, sides.width, sides.height, kCVPixelFormatType_32BGRA, attributes as CFDictionary, &made)
    guard let buffer = made else { throw Failure.notPainted("there is no memory for a tile") }
    return buffer
}

func sides(of buffer: CVPixelBuffer) -> Sides {
    Sides(height: CVPixelBufferGetHeight(buffer), width: CVPixelBufferGetWidth(buffer))
}

/// Copies `piece` of `picture` into `buffer`, padded to its sides.
func fill(_ buffer: CVPixelBuffer, with piece: Piece, of picture: Picture) throws {
    CVPixelBufferLockBaseAddress(buffer, [])
    defer { CVPixelBufferUnlockBaseAddress(buffer, []) }
    guard let start = CVPixelBufferGetBaseAddress(buffer) else { throw Failure.notPainted("a tile is not in memory") }
    picture.copy(piece, to: start, bytesPerRow: CVPixelBufferGetBytesPerRow(buffer), padded: sides(of: buffer))
}

/// The upper left `sides` of `buffer`, which is BGRA.
func copyPicture(from buffer: CVPixelBuffer, sides: Sides) throws -> Picture {
    guard CVPixelBufferGetPixelFormatType(buffer) == kCVPixelFormatType_32BGRA else {
        throw Failure.notPainted("the model gave another kind of pixels than BGRA")
    }
    CVPixelBufferLockBaseAddress(buffer, .readOnly)
    defer { CVPixelBufferUnlockBaseAddress(buffer, .readOnly) }
    guard let start = CVPixelBufferGetBaseAddress(buffer) else { throw Failure.notPainted("a tile is not in memory") }
    return Picture(sides: sides, copying: start, bytesPerRow: CVPixelBufferGetBytesPerRow(buffer))
}
