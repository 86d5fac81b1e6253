import CoreImage
import MetalKit
import SwiftUI

/// Shows pixel buffers, fitted into the screen, by one pass on the GPU.
final class PictureSurface: MTKView {
    private let commands: MTLCommandQueue?
    private let context: CIContext
    private var image: CIImage?

    init() {
        let gpu = MTLCreateSystemDefaultDevice()
        commands = gpu?.makeCommandQueue()
        context = gpu.map { CIContext(mtlDevice: $0) } ?? CIContext()
        super.init(frame: .zero, device: gpu)
        framebufferOnly = false  // Core Image writes into it
        isPaused = true  // drawn when there is something new
        enableSetNeedsDisplay = true
        isAccessibilityElement = true
        accessibilityTraits = .image
    }

    required init(coder: NSCoder) {
        fatalError("a surface is made in code")
    }

    func show(_ buffer: CVPixelBuffer) {
        image = CIImage(cvPixelBuffer: buffer)
        setNeedsDisplay()
    }

    override func draw(_ rect: CGRect) {
        guard let image = image, let drawable = currentDrawable, let buffer = commands?.makeCommandBuffer() else {
            return
        }
        let bounds = CGRect(origin: .zero, size: drawableSize)
        let scale = min(bounds.width / image.extent.width, bounds.height / image.extent.height)
        let left = (bounds.width - image.extent.width * scale) / 2
        let bottom = (bounds.height - image.extent.height * scale) / 2
        let fitted = image.transformed(by: CGAffineTransform(a: scale, b: 0, c: 0, d: scale, tx: left, ty: bottom))
        let framed = fitted.composited(over: CIImage(color: .black).cropped(to: bounds))
        let space = CGColorSpaceCreateDeviceRGB()
        context.render(framed, to: drawable.texture, commandBuffer: buffer, bounds: bounds, colorSpace: space)
        buffer.present(drawable)
        buffer.commit()
    }
}

/// `surface` among SwiftUI's views.
struct PictureSurfaceView: UIViewRepresentable {
    let surface: PictureSurface
    let label: String

    func makeUIView(context: Context) -> PictureSurface { surface }

    func updateUIView(_ view: PictureSurface, context: Context) {
        view.accessibilityLabel = label
    }
}
