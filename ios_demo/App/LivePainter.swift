import Core
import CoreVideo
import Foundation

/// Paints the camera's frames; all of it on the camera's queue, and so one frame at a time.
final class LivePainter: @unchecked Sendable {
    var network: Network?
    var showsOriginal = false
    /// Called with what is to be shown, and with the line about speed.
    var onPicture: (@Sendable (CVPixelBuffer, String) -> Void)?
    /// Called with a sentence when there is no picture, and with nil once there is one again.
    var onProblem: (@Sendable (String?) -> Void)?
    private var pacer = FramePacer()
    private var tally = FrameTally()
    private var problem: String?

    /// Takes the `frame` of the time `now`, seconds.
    func take(_ frame: CVPixelBuffer, at now: Double) {
        let thermal = ThermalLevel.now
        guard pacer.begin(at: now, thermal: thermal) else {
            return say(thermal == .critical ? Failure.tooHot.localizedDescription : problem)
        }
        defer { pacer.finish() }
        do {
            let shown = try showsOriginal ? frame : paint(frame, at: now)
            say(nil)
            onPicture?(shown, words)
        } catch {
            say(error.localizedDescription)
        }
    }

    /// Another model begins: its speed is its own.
    func use(_ network: Network) {
        self.network = network
        tally = FrameTally()
    }

    private func paint(_ frame: CVPixelBuffer, at now: Double) throws -> CVPixelBuffer {
        guard let network = network else { return frame }
        let began = DispatchTime.now().uptimeNanoseconds
        let painted = try autoreleasepool { try network.paint(frame) }
        tally.add(milliseconds: Double(DispatchTime.now().uptimeNanoseconds - began) / 1_000_000, at: now)
        return painted
    }

    private var words: String {
        guard let means = tally.means else { return "" }
        return String(format: "%.1f ms a frame, %.0f frames a second", means.milliseconds, means.framesPerSecond)
    }

    private func say(_ sentence: String?) {
        if sentence != problem { onProblem?(sentence) }
        problem = sentence
    }
}
