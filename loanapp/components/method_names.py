"""What each way of paying is called."""

from domain.payments import PaymentMethod

METHOD_NAMES = {
    PaymentMethod.PIX.value: "Pix",
    PaymentMethod.CASH.value: "Dinheiro",
    PaymentMethod.TRANSFER.value: "Transferência",
    PaymentMethod.BOLETO.value: "Boleto",
    PaymentMethod.CREDIT.value: "Crédito do cliente",
}
