import AVFoundation
import Core

/// The camera: BGRA frames for the live picture, and photos at full resolution. Everything happens on its `queue`.
final class Camera: NSObject, @unchecked Sendable {
    let queue = DispatchQueue(label: "org.pix2phone.demo.camera", qos: .userInteractive)
    let session = AVCaptureSession()
    /// Called on `queue` for each frame and its time in seconds; late frames are dropped while it runs.
    var onFrame: (@Sendable (CVPixelBuffer, Double) -> Void)?
    private let frames = AVCaptureVideoDataOutput()
    private let photos = AVCapturePhotoOutput()
    private var waiting: [Int64: (Result<Data, Error>) -> Void] = [:]  // for photos, by their identifiers

    /// Opens the camera at the front or at the back, upright for the way in which the screen is held.
    func open(front: Bool, orientation: AVCaptureVideoOrientation) throws {
        let position: AVCaptureDevice.Position = front ? .front : .back
        guard let device = AVCaptureDevice.default(.builtInWideAngleCamera, for: .video, position: position),
            let input = try? AVCaptureDeviceInput(device: device)
        else { throw Failure.noCamera }
        try connect(input)
        let sizes = device.activeFormat.supportedMaxPhotoDimensions
        if let largest = sizes.max(by: { Int($0.width) * Int($0.height) < Int($1.width) * Int($1.height) }) {
            photos.maxPhotoDimensions = largest
        }
        turn(to: orientation, mirrored: front)
    }

    private func connect(_ input: AVCaptureDeviceInput) throws {
        session.beginConfiguration()
        defer { session.commitConfiguration() }
        session.inputs.forEach { session.removeInput($0) }
        session.sessionPreset = .hd1280x720  // a size that models for live video take as it is
        guard session.canAddInput(input) else { throw Failure.noCamera }
        session.addInput(input)
        guard session.outputs.isEmpty else { return }
        guard session.canAddOutput(frames), session.canAddOutput(photos) else { throw Failure.noCamera }
        frames.videoSettings = [kCVPixelBufferPixelFormatTypeKey as String: kCVPixelFormatType_32BGRA]
        frames.setSampleBufferDelegate(self, queue: queue)
        session.addOutput(frames)
        session.addOutput(photos)
    }

    /// How frames and photos lie, once the screen is held in another way.
    func turn(to orientation: AVCaptureVideoOrientation, mirrored: Bool) {
        for connection in [frames.connection(with: .video), photos.connection(with: .video)].compactMap({ $0 }) {
            if connection.isVideoOrientationSupported { connection.videoOrientation = orientation }
            if connection.isVideoMirroringSupported {
                connection.automaticallyAdjustsVideoMirroring = false
                connection.isVideoMirrored = mirrored
            }
        }
    }

    /// Takes a photo; its file's bytes, or why there are none, come on `queue`.
    func takePhoto(done: @escaping (Result<Data, Error>) -> Void) {
        guard session.isRunning, let video = photos.connection(with: .video), video.isActive, video.isEnabled else {
            // Without an active connection capturePhoto would end the app.
            return done(.failure(Failure.cameraInUse))
        }
        let settings = AVCapturePhotoSettings()
        waiting[settings.uniqueID] = done
        settings.maxPhotoDimensions = photos.maxPhotoDimensions
        photos.capturePhoto(with: settings, delegate: self)
    }
}

extension Camera: AVCaptureVideoDataOutputSampleBufferDelegate {
    func captureOutput(
        _ output: AVCaptureOutput, didOutput sample: CMSampleBuffer, from connection: AVCaptureConnection
    ) {
        guard let frame = CMSampleBufferGetImageBuffer(sample) else { return }
        onFrame?(frame, CMSampleBufferGetPresentationTimeStamp(sample).seconds)
    }
}

extension Camera: AVCapturePhotoCaptureDelegate {
    func photoOutput(_ output: AVCapturePhotoOutput, didFinishProcessingPhoto photo: AVCapturePhoto, error: Error?) {
        if let data = photo.fileDataRepresentation(), error == nil {
            finish(photo.resolvedSettings.uniqueID, .success(data))
        }
    }

    /// Comes last, also when there is no photo.
    func photoOutput(
        _ output: AVCapturePhotoOutput, didFinishCaptureFor settings: AVCaptureResolvedPhotoSettings, error: Error?
    ) {
        finish(settings.uniqueID, .failure(error ?? Failure.unreadable))
    }

    /// The first result of a photo counts.
    private func finish(_ photo: Int64, _ result: Result<Data, Error>) {
        queue.async { self.waiting.removeValue(forKey: photo)?(result) }
    }
}
