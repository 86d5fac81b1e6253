import AVFoundation
import Combine
import Core
import CoreML
import UIKit

/// What the screen with the live picture knows and does.
@MainActor
final class LiveCamera: ObservableObject {
    @Published private(set) var problem: String?  // of the camera
    @Published private(set) var modelProblem: String?
    @Published private(set) var pictureProblem: String?
    @Published private(set) var speed = ""
    @Published private(set) var isFront = false
    let surface = PictureSurface()
    private let camera = Camera()
    private let painter = LivePainter()
    private var watched: [NSObjectProtocol] = []
    private var runs = false  // or will, once the camera is allowed

    init() {
        let (painter, surface) = (self.painter, self.surface)
        painter.onPicture = { [weak self] buffer, words in
            DispatchQueue.main.async { [weak self] in
                surface.show(buffer)
                if self?.speed != words { self?.speed = words }
            }
        }
        painter.onProblem = { [weak self] sentence in
            DispatchQueue.main.async { [weak self] in self?.pictureProblem = sentence }
        }
        camera.onFrame = { frame, now in painter.take(frame, at: now) }
        watch(AVCaptureSession.wasInterruptedNotification) { live, reason in live.interrupted(reason) }
        watch(AVCaptureSession.interruptionEndedNotification) { live, _ in live.problem = nil }
        watch(AVCaptureSession.runtimeErrorNotification) { live, _ in Task { await live.startAgain() } }
        UIDevice.current.beginGeneratingDeviceOrientationNotifications()
        watch(UIDevice.orientationDidChangeNotification) { live, _ in Task { await live.turn() } }
    }

    /// Asks for the camera if that was not done yet, and shows it.
    func start() async {
        runs = true
        guard await AVCaptureDevice.requestAccess(for: .video) else {
            problem = Failure.cameraRefused.localizedDescription
            return
        }
        guard runs else { return }  // the screen was left meanwhile
        let (camera, front, orientation) = (self.camera, isFront, held)
        problem = nil
        let sentence = await onQueue {
            try camera.open(front: front, orientation: orientation)
            camera.session.startRunning()
        }
        if let sentence = sentence { problem = sentence }  // else an interruption may have come meanwhile
    }

    func stop() {
        runs = false
        camera.queue.async { [camera] in camera.session.stopRunning() }
    }

    func flip() async {
        isFront.toggle()
        await start()
    }

    func use(_ model: BundledModel) async {
        let painter = self.painter
        modelProblem = await onQueue { painter.use(try Network(model, units: .all)) }
    }

    func showOriginal(_ shown: Bool) {
        camera.queue.async { [painter] in painter.showsOriginal = shown }
    }

    /// A photo's file at full resolution; nil, and the reason on the screen, where there is none.
    func takePhoto() async -> Data? {
        let camera = self.camera
        let result = await withCheckedContinuation { (waiting: CheckedContinuation<Result<Data, Error>, Never>) in
            camera.queue.async { camera.takePhoto { waiting.resume(returning: $0) } }
        }
        switch result {
        case .success(let data): return data
        case .failure(let error):
            problem = error.localizedDescription
            return nil
        }
    }

    /// Which of iOS's reasons it was tells `reason`, its number.
    private func interrupted(_ reason: Int?) {
        let hot = reason == AVCaptureSession.InterruptionReason.videoDeviceNotAvailableDueToSystemPressure.rawValue
        problem = (hot ? Failure.tooHot : Failure.cameraInUse).localizedDescription
    }

    /// After an error that ended the camera; a moment later: it may come again, and again.
    private func startAgain() async {
        problem = Failure.cameraInUse.localizedDescription
        try? await Task.sleep(nanoseconds: 1_000_000_000)
        if runs { await start() }
    }

    private func turn() async {
        try? await Task.sleep(nanoseconds: 300_000_000)  // the screen turns a little after the phone
        let (camera, front, orientation) = (self.camera, isFront, held)
        camera.queue.async { camera.turn(to: orientation, mirrored: front) }
    }

    /// How the screen is held; the numbers of both kinds are the same.
    private var held: AVCaptureVideoOrientation {
        let scene = UIApplication.shared.connectedScenes.compactMap { $0 as? UIWindowScene }.first
        return AVCaptureVideoOrientation(rawValue: scene?.interfaceOrientation.rawValue ?? 1) ?? .portrait
    }

    /// Does `work` on the camera's queue; what went wrong, in a sentence.
    private func onQueue(_ work: @escaping @Sendable () throws -> Void) async -> String? {
        let queue = camera.queue
        return await withCheckedContinuation { (waiting: CheckedContinuation<String?, Never>) in
            queue.async {
                do {
                    try work()
                    waiting.resume(returning: nil)
                } catch {
                    waiting.resume(returning: error.localizedDescription)
                }
            }
        }
    }

    /// `act` is told the reason of an interruption, too.
    private func watch(_ name: Notification.Name, _ act: @escaping @MainActor @Sendable (LiveCamera, Int?) -> Void) {
        let center = NotificationCenter.default
        let token = center.addObserver(forName: name, object: nil, queue: .main) { [weak self] note in
            let reason = note.userInfo?[AVCaptureSessionInterruptionReasonKey] as? Int
            Task { @MainActor [weak self] in
                if let live = self { act(live, reason) }
            }
        }
        watched.append(token)
    }
}
